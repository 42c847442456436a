;; world: task-sync
;; Calls without a loop: two to the power of two hundred, never deeper than that.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func $twice (param $depth i32)
    (if (i32.eqz (local.get $depth)) (then return))
    (call $twice (i32.sub (local.get $depth) (i32.const 1)))
    (call $twice (i32.sub (local.get $depth) (i32.const 1))))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (call $twice (i32.const 200))
    unreachable))
