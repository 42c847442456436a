;; Wants a table of 64 bits, beyond any address space (GHSA-p8xm-42r7-89xg).
(component
  (core module (table i64 0x1000000000000000 funcref)))
