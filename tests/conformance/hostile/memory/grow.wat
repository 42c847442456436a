;; world: task-sync
;; Takes memory, touches all of it, until there is no more; then it gives up.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (local $at i32)
    (loop $more
      (local.set $at (memory.grow (i32.const 16)))
      (if (i32.eq (local.get $at) (i32.const -1)) (then unreachable))
      (memory.fill (i32.shl (local.get $at) (i32.const 16)) (i32.const 0xd0) (i32.const 1048576))
      (br $more))
    unreachable))
