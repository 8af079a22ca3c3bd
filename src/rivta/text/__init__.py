"""What is read and written as text: YAML with positions, safe XML, `${…}`, identities, certificates, shipped files."""
