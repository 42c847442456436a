;; world: task-sync
;; Grows a table until that is refused; then it gives up.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (table $t 1 funcref)
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (loop $more
      (br_if $more (i32.ne (table.grow $t (ref.null func) (i32.const 1024)) (i32.const -1))))
    unreachable))
