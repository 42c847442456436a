;; world: task-sync
;; Recurs without end where it is to make room.
(module
  (import "dormouse:background/instance@0.1.0" "[method]background-task-instance.activation" (func $activation (param i32 i32)))
  (memory (export "memory") 2)
  (func $realloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (i32.add (call $realloc (local.get 0) (local.get 1) (local.get 2) (local.get 3)) (i32.const 1)))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (call $activation (local.get $run) (i32.const 1024))
    (i32.const 0)))
