tt.func public @k(%c: i1, %x: i32) {
  cf.br ^bb2
^bb0:
  scf.if %c {
    %z = arith.addi %y, %x : i32
  }
  tt.return
^bb2:
  %y = arith.addi %x, %x : i32
  cf.br ^bb2
}
