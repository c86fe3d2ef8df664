package main
const childMark = "X"
