;; world: task-sync
;; Asks for more memory without end, and is refused each time.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (loop $forever
      (drop (memory.grow (i32.const 60000)))
      (br $forever))
    unreachable))
