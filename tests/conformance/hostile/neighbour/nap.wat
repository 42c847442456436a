;; world: task-sync
;; Means no harm: sleeps for ten milliseconds.
(module
  (import "dormouse:background/waiting-sync@0.1.0" "sleep" (func $sleep (param i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param i32) (result i32)
    (call $sleep (local.get 0) (i32.const 10) (i32.const 1024))
    (i32.const 0)))
