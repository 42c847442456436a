;; Passes texts, and names no memory for them.
(component
  (import "take" (func $take (param "text" string)))
  (core func $lowered (canon lower (func $take))))
