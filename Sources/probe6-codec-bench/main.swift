// Times the codec beside memcpy; `scripts/bench` reads the lines `name value unit`.
//
// Each figure is the median of several rounds in one run, so that figures of one run compare.

printFigures()
