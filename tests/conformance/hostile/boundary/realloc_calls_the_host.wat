;; world: task-sync
;; Calls the host where it is to make room for the answer of a call.
(module
  (import "dormouse:background/instance@0.1.0" "[method]background-task-instance.activation" (func $activation (param i32 i32)))
  (import "dormouse:background/instance@0.1.0" "[method]background-task-instance.set-progress" (func $set-progress (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (call $set-progress (global.get $run) (i32.const 1))
    (i32.const 65536))
  (global $run (mut i32) (i32.const 0))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (global.set $run (local.get $run))
    (call $activation (local.get $run) (i32.const 1024))
    (i32.const 0)))
