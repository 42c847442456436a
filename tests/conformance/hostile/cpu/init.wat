;; world: task-sync
;; Writes a segment into its memory, over and over.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (data $segment "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (loop $forever
      (memory.init $segment (i32.const 0) (i32.const 0) (i32.const 128))
      (br $forever))
    unreachable))
