/// The classes of a data set's part, matched by name with those of the part it goes with.
struct ClassNames {
  /// In the order of the labels.
  let names: [String]
  /// The label of each name.
  let labels: [String: Int]

  init(_ names: [String]) {
    self.names = names
    labels = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
  }

  /// `cat, dog and 3 more`.
  static func list(_ names: [String]) -> String {
    names.prefix(5).joined(separator: ", ")
      + (names.count > 5 ? " and \(names.count - 5) more" : "")
  }

  /// Remarks on classes that only one part has.
  ///
  /// - Parameters:
  ///   - part: the part that is read, whose labels follow the training part's names.
  ///   - lacking: classes without an image in it.
  ///   - surplus: classes that it has and the training part lacks.
  static func remarks(on part: String, lacking: [String], surplus: [String]) -> [String] {
    func classes(_ names: [String]) -> String {
      (names.count == 1 ? "class " : "classes ") + list(names)
    }
    var remarks: [String] = []
    if !lacking.isEmpty {
      remarks.append("\(part): no images of \(classes(lacking)), which the training part has")
    }
    if !surplus.isEmpty {
      remarks.append(
        "\(part): images of \(classes(surplus)) are left out, since the training part has none")
    }
    return remarks
  }
}
