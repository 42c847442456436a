;; A task of a version of the contract that is not served.
(component
  (instance $task)
  (export "dormouse:background/background-task@9.0.0" (instance $task)))
