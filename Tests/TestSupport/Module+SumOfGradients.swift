import JEPATensor

extension Module {
  /// The sum of gradients that parts of a batch gave, brought one part after another.
  public func sum(of parts: [Gradients]) -> Gradients {
    let sum = GradientSum(of: self, parts: parts.count)
    for (part, gradients) in parts.enumerated() {
      for (place, gradient) in gradients.tensors.enumerated() {
        if let gradient { sum.add(gradient, at: place, ofPart: part) }
      }
    }
    return sum.finish()
  }
}
