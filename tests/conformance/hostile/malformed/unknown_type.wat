;; Names a type that it does not have.
(component (import "f" (func (type 99))))
