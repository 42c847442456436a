;; Wants exceptions.
(component
  (core module (tag (param i32)) (func (throw 0 (i32.const 1)))))
