;; Lifts a function whose core type does not fit.
(component
  (core module $m (func (export "f") (param f64)))
  (core instance $core (instantiate $m))
  (func (export "f") (param "a" u32) (result u32) (canon lift (core func $core "f"))))
