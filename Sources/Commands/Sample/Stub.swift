enum RunCompare { static func verb(_ a: [String]) throws(EarlyExit) -> Int32 { 0 } }
enum RunMerge { static func verb(_ a: [String]) throws(EarlyExit) -> Int32 { 0 } }
