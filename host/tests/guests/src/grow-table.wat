;; An object file for the linker: one function that makes the table of functions grow. No stable Rust compiles to this instruction.
(module
  (import "env" "__indirect_function_table" (table 1 funcref))
  (func (param $by i32) (result i32)
    (table.grow 0 (ref.null func) (local.get $by)))
  ;; Version 2; subsection 8, the symbols, of 15 bytes: one, a function without flags, number 0, `grow_table`.
  (@custom "linking" (after code) "\02\08\0f\01\00\00\00\0agrow_table"))
