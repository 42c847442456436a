;; world: task-sync
;; Completes one deferral twice.
(module
  (import "dormouse:background/instance@0.1.0" "[method]background-task-instance.get-deferral" (func $get-deferral (param i32 i32)))
  (import "dormouse:background/instance@0.1.0" "[static]deferral.complete" (func $complete (param i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (call $get-deferral (local.get $run) (i32.const 1024))
    (call $complete (i32.load (i32.const 1028)))
    (call $complete (i32.load (i32.const 1028)))
    (i32.const 0)))
