;; world: task-sync
;; Passes the host a text of fifteen mebibytes, over and over.
(module
  (import "dormouse:background/registration@0.1.0" "group-tasks" (func $group-tasks (param i32 i32 i32)))
  (memory (export "memory") 400)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (memory.fill (i32.const 65536) (i32.const 97) (i32.const 15728640))
    (loop $more
      (call $group-tasks (i32.const 65536) (i32.const 15728640) (i32.const 1024))
      (br $more))
    unreachable))
