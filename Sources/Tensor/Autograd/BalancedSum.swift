/// The sum of the terms of `range`, added as a balanced binary tree: that of the first half plus that of
/// the second, and so on down.
///
/// Where a power of two of processes shares out a multiple of as many terms, each process's terms are a
/// subtree, so that sums within processes followed by the sum over processes have the bits of the sum in
/// one.
///
/// - Parameters:
///   - term: nil where there is nothing to add.
///   - add: adds its second argument to its first.
/// - Returns: nil where no term is there.
package func balancedSum<Term>(
  _ range: Range<Int>, _ term: (Int) -> Term?, add: (inout Term, Term) -> Void
) -> Term? {
  if range.count <= 1 { return range.first.flatMap(term) }
  let middle = range.lowerBound + range.count / 2
  guard var sum = balancedSum(range.lowerBound..<middle, term, add: add) else {
    return balancedSum(middle..<range.upperBound, term, add: add)
  }
  if let other = balancedSum(middle..<range.upperBound, term, add: add) { add(&sum, other) }
  return sum
}
