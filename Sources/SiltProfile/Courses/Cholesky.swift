// SPDX-License-Identifier: Apache-2.0
//
// The Cholesky factor of a small covariance matrix. Numerics only; what the matrix means is CourseEvidence's business.

import Glibc

/// The lower triangular L with L Lᵀ = V, for a symmetric positive definite V.
struct Cholesky {
    let count: Int
    /// Row after row, the lower triangle only; the diagonal holds inverses, so that solving need not divide.
    private var rows: [Double]
    /// The sum of the logarithms of L's diagonal: half of that of V's determinant.
    private(set) var logDiagonal = 0.0

    /// - Parameter matrix: row after row; only the lower triangle is read. Where rounding has made it indefinite, the
    ///   diagonal is kept above a billionth of the greatest element.
    init(_ matrix: [Double], count: Int) {
        self.count = count
        rows = []
        rows.reserveCapacity(count * (count + 1) / 2)
        let least = (0..<count).reduce(0) { max($0, matrix[$1 * count + $1]) } * 1e-9
        for row in 0..<count {
            let start = rows.count
            for column in 0...row {
                var sum = matrix[row * count + column]
                let other = column * (column + 1) / 2
                for index in 0..<column { sum -= rows[start + index] * rows[other + index] }
                if column < row {
                    rows.append(sum * rows[other + column])
                } else {
                    let root = max(sum, least).squareRoot()
                    logDiagonal += log(root)
                    rows.append(1 / root)
                }
            }
        }
    }

    /// Solves L x = v for the eight vectors that begin at `offset` of `vectors`, and puts them at the start of `result`.
    func whiten(_ vectors: [SIMD8<Double>], at offset: Int, into result: inout [SIMD8<Double>]) {
        var start = 0
        for row in 0..<count {
            var sum = vectors[offset + row]
            for column in 0..<row { sum -= rows[start + column] * result[column] }
            result[row] = sum * rows[start + row]
            start += row + 1
        }
    }
}
