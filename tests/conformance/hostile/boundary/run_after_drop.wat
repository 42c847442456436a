;; world: task-sync
;; Lets go of its run, and uses it.
(module
  (import "dormouse:background/instance@0.1.0" "[resource-drop]background-task-instance" (func $drop-run (param i32)))
  (import "dormouse:background/instance@0.1.0" "[method]background-task-instance.set-progress" (func $set-progress (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (call $drop-run (local.get $run))
    (call $set-progress (local.get $run) (i32.const 1))
    (i32.const 0)))
