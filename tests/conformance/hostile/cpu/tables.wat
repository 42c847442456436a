;; world: task-sync
;; Fills and copies a large table, over and over.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (table $t 32768 funcref)
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (loop $forever
      (table.fill $t (i32.const 0) (ref.null func) (i32.const 32768))
      (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 32767))
      (br $forever))
    unreachable))
