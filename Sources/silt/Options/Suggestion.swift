// SPDX-License-Identifier: Apache-2.0
//
// The word that a person may have meant.

/// The word nearest to a mistyped one; nil: none is near.
///
/// Near are words that differ by two letters at most, and by less than half of the word; two letters that changed places count as
/// one.
func suggestion(for word: String, among words: [String]) -> String? {
    let distances = words.map { (word: $0, distance: distance(Array(word), Array($0))) }
    guard let nearest = distances.min(by: { $0.distance < $1.distance }) else { return nil }
    return nearest.distance <= 2 && nearest.distance * 2 < nearest.word.count ? nearest.word : nil
}

/// How many letters have to be inserted, deleted, changed or swapped with their neighbour (optimal string alignment).
private func distance(_ a: [Character], _ b: [Character]) -> Int {
    var rows = [Array(0...b.count)]
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            let change = rows[i][j] + (a[i] == b[j] ? 0 : 1)
            row.append(min(rows[i][j + 1] + 1, row[j] + 1, change))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { row[j + 1] = min(row[j + 1], rows[i - 1][j - 1] + 1) }
        }
        rows.append(row)
    }
    return rows[a.count][b.count]
}
