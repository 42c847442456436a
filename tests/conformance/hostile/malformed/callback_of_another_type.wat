;; Its callback answers more than a callback does (GHSA-32h6-97mm-8q3c).
(component
  (core module $m
    (func (export "run") (result i32) (i32.const 0))
    (func (export "callback") (param i32 i32 i32) (result i32 i32 i32 i32)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
  (core instance $core (instantiate $m))
  (func $run async (canon lift (core func $core "run") async (callback (core func $core "callback"))))
  (export "run" (func $run)))
