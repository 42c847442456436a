;; Wants to switch stacks.
(component
  (core module (type $f (func)) (type $k (cont $f)) (func (param (ref null $k)) (resume $k (local.get 0)))))
