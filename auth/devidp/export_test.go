package devidp

// QuickPasswords makes password hashes that do not take long: under the race detector a whole one takes a second.
func QuickPasswords(p *Provider) { p.rounds = 1000 }
