;; world: task-sync
;; Takes deferrals until it gets no more, and returns without completing any.
(module
  (import "dormouse:background/instance@0.1.0" "[method]background-task-instance.get-deferral" (func $get-deferral (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "dormouse:background/background-task-sync@0.1.0#run") (param $run i32) (result i32)
    (loop $more
      (call $get-deferral (local.get $run) (i32.const 1024))
      (br_if $more (i32.eqz (i32.load8_u (i32.const 1024)))))
    (i32.const 0)))
