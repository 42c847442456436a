;; world: task-sync
;; Fills the largest memory that it gets, over and over: one instruction each time (UWP-087).
(module
  (memory (export "memory") 480)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (loop $forever
      (memory.fill (i32.const 0) (i32.const 0xd0) (i32.const 31457280))
      (br $forever))
    unreachable))
