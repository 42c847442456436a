;; Imports a function of the contract with other parameters.
(component
  (import "dormouse:background/instance@0.1.0" (instance
    (export "background-task-instance" (type $i (sub resource)))
    (export "[method]background-task-instance.set-progress" (func (param "self" (borrow $i)) (param "value" string)))))
  (instance $task)
  (export "dormouse:background/background-task-sync@0.1.0" (instance $task)))
