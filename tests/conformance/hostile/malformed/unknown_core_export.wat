;; Takes an export of a core instance that is not there.
(component
  (core module $m)
  (core instance $core (instantiate $m))
  (func (export "f") (canon lift (core func $core "f"))))
