;; What makes room for it takes one number instead of four.
(component
  (import "take" (func $take (param "text" string) (result string)))
  (core module $m
    (memory (export "memory") 1)
    (func (export "room") (param i32) (result i32) (i32.const 0)))
  (core instance $core (instantiate $m))
  (core func $lowered (canon lower (func $take) (memory (core memory $core "memory")) (realloc (core func $core "room")))))
