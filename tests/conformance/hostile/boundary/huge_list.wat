;; world: task-sync
;; Passes the host a list of twenty mebibytes.
(module
  (import "dormouse:background/registration@0.1.0" "request" (func $request (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 400)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (drop (call $request (i32.const 1024) (i32.const 1) (i32.const 1024) (i32.const 20971520)))
    unreachable))
