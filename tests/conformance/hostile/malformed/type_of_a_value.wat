;; Its code puts a number where a reference belongs.
(component
  (core module (func (result funcref) (i32.const 1))))
