;; Its code takes what it has not put.
(component (core module (func i32.add drop)))
