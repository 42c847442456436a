;; world: task-sync
;; Spins in its start function, before there is a task.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func $start (loop $forever (br $forever)))
  (start $start)
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (i32.const 0)))
