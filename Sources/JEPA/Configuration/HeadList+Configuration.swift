extension HeadList {
  /// The head that a configuration names, with the options that its targets decide where it does not give them.
  ///
  /// A name that is not in the list stays as it is.
  public func head(of configuration: TrainingConfiguration) -> HeadConfiguration {
    var head = configuration.head
    guard let type = try? type(of: head) else { return head }
    let target = configuration.target
    head.options.merge(
      type.defaults(
        for: head.options, targetNoise: target.noise, isWhitened: target.whitening)
    ) { given, _ in given }
    return head
  }
}
