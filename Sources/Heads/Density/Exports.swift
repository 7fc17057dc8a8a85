// `import JEPADensity` brings what a head declares its options with.
@_exported import JEPAConfiguration
