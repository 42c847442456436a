;; Exports two things under one name.
(component
  (instance $a)
  (export "a" (instance $a))
  (export "a" (instance $a)))
