;; world: with-things-sync
;; Lets go of a resource of its own by a handle that it made up.
(module
  (import "[export]local:attack/things" "[resource-drop]thing" (func $drop (param i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "local:attack/things#pass") (param i32 i32 i32))
  (func (export "local:attack/things#[dtor]thing") (param i32))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (call $drop (i32.const 1000000))
    unreachable))
