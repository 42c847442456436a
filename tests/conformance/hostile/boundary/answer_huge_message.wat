;; world: task-sync
;; Fails with a message that ends beyond its memory.
(module
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (data (i32.const 1024) "\01\00\00\00\00\00\00\00\00\00\00\00\ff\ff\ff\7f")
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (i32.const 1024)))
