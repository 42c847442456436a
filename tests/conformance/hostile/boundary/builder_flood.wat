;; world: task-sync
;; Makes builders of registrations until it may have no more handles.
(module
  (import "dormouse:background/registration@0.1.0" "[constructor]task-builder" (func $builder (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (loop $more
      (drop (call $builder (i32.const 0) (i32.const 4)))
      (br $more))
    unreachable))
