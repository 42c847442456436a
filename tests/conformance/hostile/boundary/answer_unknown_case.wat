;; world: task-sync
;; Answers the ninth of two cases.
(module
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (data (i32.const 1024) "\09")
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (i32.const 1024)))
