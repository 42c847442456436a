;; world: task-sync
;; Copies the largest memory that it gets onto itself, a byte further, over and over.
(module
  (memory (export "memory") 480)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (loop $forever
      (memory.copy (i32.const 1) (i32.const 0) (i32.const 31457279))
      (br $forever))
    unreachable))
