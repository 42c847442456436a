;; world: task-sync
;; Passes the host a text that is none.
(module
  (import "dormouse:background/registration@0.1.0" "[constructor]task-builder" (func $builder (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (data (i32.const 0) "\ff\fe\c0\80")
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (drop (call $builder (i32.const 0) (i32.const 4)))
    unreachable))
