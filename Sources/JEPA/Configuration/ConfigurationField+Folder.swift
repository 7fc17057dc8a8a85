extension ConfigurationField {
  /// A file or folder; a leading `~` stands for the home folder.
  init(
    folder key: String, _ path: WritableKeyPath<Section, String> & Sendable,
    _ documentation: String
  ) {
    self.init(
      key, documentation, expectation: String.expectation,
      read: { value, section in
        guard let text = String(value) else { return String.mismatch(with: value) }
        do {
          section[keyPath: path] = try HomePath.expanded(text)
          return nil
        } catch {
          return "is no path: \(error)"
        }
      },
      write: { $0[keyPath: path].configurationValue })
  }
}
