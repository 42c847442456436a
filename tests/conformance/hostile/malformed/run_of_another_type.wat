;; Exports a task whose function takes nothing and answers a number.
(component
  (core module $m (func (export "run") (result i32) (i32.const 7)))
  (core instance $core (instantiate $m))
  (func $run (result u32) (canon lift (core func $core "run")))
  (instance $task (export "run" (func $run)))
  (export "dormouse:background/background-task-sync@0.1.0" (instance $task)))
