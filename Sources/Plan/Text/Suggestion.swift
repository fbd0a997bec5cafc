/// What someone may have meant.
package enum Suggestion {
  /// The nearest word, where one is near enough: at most a third of its letters differ.
  package static func nearest(to text: String, among words: [String]) -> String? {
    let typed = Array(text.utf8)
    // Longer than any word of ours by far: nothing is near, and the table would be large.
    guard !typed.isEmpty, typed.count <= 64 else { return nil }
    var best: (word: String, distance: Int)?
    for word in words {
      let distance = distance(typed, Array(word.utf8))
      if distance <= max(1, word.utf8.count / 3), distance < (best?.distance ?? .max) {
        best = (word, distance)
      }
    }
    return best?.word
  }

  /// Insertions, deletions, substitutions and swaps of neighbors that make one of the other (optimal string
  /// alignment).
  static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        row.append(cost)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
