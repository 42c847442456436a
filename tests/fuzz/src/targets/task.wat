;; The simplest task: its `run` answers ok. Module 0 is its own.
(component
    (import "dormouse:background/instance@0.1.0" (instance $instance
        (export "background-task-instance" (type (sub resource)))))
    (alias export $instance "background-task-instance" (type $handle))
    (core module $module
        (memory (export "memory") 1)
        (func (export "run") (param i32) (result i32) (i32.const 0)))
    (core instance $core (instantiate $module))
    (type $error (variant (case "failed" string) (case "retry-after-ms" u32)))
    (func $run (param "instance" (own $handle)) (result (result (error $error)))
        (canon lift (core func $core "run") (memory (core memory $core "memory"))))
    (component $export
        (import "handle" (type $handle (sub resource)))
        (type $error-type (variant (case "failed" string) (case "retry-after-ms" u32)))
        (import "error" (type $error (eq $error-type)))
        (import "run" (func $run (param "instance" (own $handle)) (result (result (error $error)))))
        (export $handle-out "background-task-instance" (type $handle))
        (export $error-out "task-error" (type $error))
        (export "run" (func $run)
            (func (param "instance" (own $handle-out)) (result (result (error $error-out))))))
    (instance $task (instantiate $export
        (with "handle" (type $handle)) (with "error" (type $error)) (with "run" (func $run))))
    (export "dormouse:background/background-task-sync@0.1.0" (instance $task)))
